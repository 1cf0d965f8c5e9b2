using System.Net;

namespace Moss.Client.Http;

/// <summary>Hands a <see cref="RequestBody"/> to HttpClient, and keeps the request alive while bytes move.</summary>
sealed class BodyContent(RequestBody body, IdleWatch watch, Bandwidth? bandwidth, IBodyObserver? observer) : HttpContent, IBodyObserver
{
    public async ValueTask BeforeAsync(int bytes, CancellationToken ct)
    {
        if (bandwidth is not null)
        {
            watch.Suspend();
            await bandwidth.TakeAsync(bytes, ct).ConfigureAwait(false);
            watch.Resume();
        }

        if (observer is not null)
        {
            await observer.BeforeAsync(bytes, ct).ConfigureAwait(false);
        }
    }

    public void Moved(int bytes)
    {
        watch.Alive();
        observer?.Moved(bytes);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        body.WriteAsync(stream, this, watch.Token);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        body.WriteAsync(stream, this, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length ?? 0;
        return body.Length is not null;
    }
}
