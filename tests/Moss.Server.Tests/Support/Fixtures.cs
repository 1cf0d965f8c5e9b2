using Moss.Server.Tests.Support;

// One server in memory for every test; each test has buckets of its own.
[assembly: AssemblyFixture(typeof(TestServer))]
