return await Moss.Cli.Entry.RunAsync(args);
