using System.Net;
using Moss.Server.Pipeline;

namespace Moss.Server.Callbacks;

/// <summary>
/// Looks up the addresses of names on a few threads of its own. The platform's look-up blocks, and goes on when nobody waits for it any more: with a name server that is
/// silent, on the thread pool, strangers' names would take the threads from everybody's requests.
/// </summary>
/// <param name="resolve">The look-up itself, which blocks.</param>
sealed class NameLookup(Func<string, IPAddress[]> resolve)
{
    /// <summary>
    /// Look-ups under way, each until it really ends: ten seconds and more where a name server is silent, a millisecond where one is near.
    /// </summary>
    public const int MaxThreads = 16;

    readonly Lock _lock = new();
    readonly Dictionary<string, Question> _questions = new(StringComparer.OrdinalIgnoreCase); // Waiting or asked.
    readonly LinkedList<Question> _waiting = [];
    readonly FairShare _share = new(MaxThreads);
    int _threads;

    /// <summary>The addresses of a name. A name that is being looked up already is not looked up again.</summary>
    /// <param name="name">A host's name, or an address, which needs no look-up.</param>
    /// <param name="holder">On whose behalf: one may not have all the threads.</param>
    /// <param name="ct">Gives up waiting; the look-up itself goes on when it has begun.</param>
    /// <exception cref="System.Net.Sockets.SocketException">There is no such name, or nobody who could tell.</exception>
    public async Task<IPAddress[]> FindAsync(string name, string holder, CancellationToken ct)
    {
        if (IPAddress.TryParse(name, out var address))
        {
            return [address];
        }

        var question = Ask(name, holder);
        try
        {
            return await question.Answer.Task.WaitAsync(ct);
        }
        finally
        {
            Leave(question);
        }
    }

    Question Ask(string name, string holder)
    {
        lock (_lock)
        {
            if (!_questions.TryGetValue(name, out var question))
            {
                question = new(name);
                _questions.Add(name, question);
                question.Place = _waiting.AddLast(question);
            }

            question.Askers++;
            question.Holders.Add(holder);
            if (_threads < MaxThreads && question.Place is not null)
            {
                Start();
            }

            return question;
        }
    }

    // Where no more threads can be had, those that run come to all the names in time.
    void Start()
    {
        try
        {
            new Thread(Work) { IsBackground = true, Name = "moss-names" }.UnsafeStart();
            _threads++;
        }
        catch (OutOfMemoryException)
        {
        }
    }

    // What nobody waits for any more is not begun.
    void Leave(Question question)
    {
        lock (_lock)
        {
            if (--question.Askers == 0 && question.Place is { } place)
            {
                _waiting.Remove(place);
                _questions.Remove(question.Name);
            }
        }
    }

    void Work()
    {
        while (Next() is var (question, holder))
        {
            try
            {
                question.Answer.SetResult(resolve(question.Name));
            }
            catch (Exception exception)
            {
                question.Answer.SetException(exception);
                _ = question.Answer.Task.Exception; // Seen, whether or not somebody still waits.
            }

            lock (_lock)
            {
                _questions.Remove(question.Name);
                _share.Return(holder);
            }
        }
    }

    // The first one that is anybody's turn. Those passed over are looked at when a look-up of their holders ends.
    (Question Question, string Holder)? Next()
    {
        lock (_lock)
        {
            for (var place = _waiting.First; place is not null; place = place.Next)
            {
                var question = place.Value;
                if (question.Holders.FirstOrDefault(holder => _share.TryTake(holder)) is { } holder)
                {
                    _waiting.Remove(place);
                    question.Place = null;
                    return (question, holder);
                }
            }

            _threads--;
            return null;
        }
    }

    sealed class Question(string name)
    {
        public string Name => name;

        // Whoever waits goes on elsewhere: this thread has other names to look up.
        public TaskCompletionSource<IPAddress[]> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HashSet<string> Holders { get; } = new(StringComparer.Ordinal);

        public int Askers { get; set; }

        /// <summary>Where it waits; null when it is being asked.</summary>
        public LinkedListNode<Question>? Place { get; set; }
    }
}
