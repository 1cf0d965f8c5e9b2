using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Moss.Server.Observability;

/// <summary>Listens to the meters of Moss and writes what they said in Prometheus' text format (version 0.0.4).</summary>
sealed class PrometheusCollector : IDisposable
{
    /// <summary>For histograms that say nothing of their own: seconds, from 100 microseconds to 10 seconds.</summary>
    static readonly double[] DefaultBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    readonly MeterListener _listener = new();
    readonly ConcurrentDictionary<Instrument, Family> _families = new();

    public PrometheusCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Moss.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static i => new Family(i)));
            }
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything that was measured so far.</summary>
    public string Collect()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
        {
            family.Write(text);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>An instrument and its series, one for each set of labels.</summary>
    sealed class Family(Instrument instrument)
    {
        readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

        // The same series again by its tags as they came, so that a measurement writes no text. Only for few tags, as every instrument here has.
        readonly ConcurrentDictionary<TagPair, Series> _known = new();
        readonly bool _isHistogram = instrument is Histogram<double> or Histogram<long> or Histogram<int>;
        readonly bool _isCounter = instrument.GetType().Name.Contains("Counter", StringComparison.Ordinal)
            && !instrument.GetType().Name.Contains("UpDown", StringComparison.Ordinal);
        readonly double[] _bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : DefaultBounds;

        public string Name { get; } = NameOf(instrument);

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var series = Find(tags);
            lock (series)
            {
                if (instrument.IsObservable)
                {
                    series.Sum = value;
                    return;
                }

                series.Sum += value;
                if (_isHistogram)
                {
                    var bucket = Array.BinarySearch(_bounds, value);
                    series.Buckets[bucket < 0 ? ~bucket : bucket]++;
                }
            }
        }

        Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length > 2)
            {
                return Make(tags);
            }

            var pair = new TagPair(tags.Length > 0 ? tags[0] : default, tags.Length > 1 ? tags[1] : default);
            return _known.TryGetValue(pair, out var known) ? known : _known[pair] = Make(tags);
        }

        Series Make(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _series.GetOrAdd(LabelsOf(tags), static (_, family) => new Series(family._isHistogram ? family._bounds.Length + 1 : 0), this);

        public void Write(StringBuilder text)
        {
            var name = _isCounter ? Name + "_total" : Name;
            text.Append("# HELP ").Append(name).Append(' ').Append(instrument.Description ?? "").Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(_isHistogram ? "histogram" : _isCounter ? "counter" : "gauge").Append('\n');
            foreach (var (labels, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                lock (series)
                {
                    if (_isHistogram)
                    {
                        WriteHistogram(text, labels, series);
                    }
                    else
                    {
                        Line(text, name, labels, series.Sum);
                    }
                }
            }
        }

        void WriteHistogram(StringBuilder text, string labels, Series series)
        {
            var separator = labels.Length > 0 ? "," : "";
            long count = 0;
            for (var i = 0; i < series.Buckets.Length; i++)
            {
                count += series.Buckets[i];
                var bound = i < _bounds.Length ? _bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Line(text, Name + "_bucket", $"{labels}{separator}le=\"{bound}\"", count);
            }

            Line(text, Name + "_sum", labels, series.Sum);
            Line(text, Name + "_count", labels, count);
        }

        static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }

            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }

        static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = new StringBuilder();
            foreach (var (key, value) in tags)
            {
                text.Append(text.Length > 0 ? "," : "").Append(Clean(key)).Append("=\"");
                foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
                {
                    text.Append(c switch { '\\' => "\\\\", '"' => "\\\"", '\n' => "\\n", _ => c.ToString() });
                }

                text.Append('"');
            }

            return text.ToString();
        }

        static string NameOf(Instrument instrument)
        {
            var name = Clean(instrument.Name);
            var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            return unit.Length == 0 || name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        }

        static string Clean(string name) => string.Create(name.Length, name, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
            }
        });
    }

    readonly record struct TagPair(KeyValuePair<string, object?> First, KeyValuePair<string, object?> Second)
    {
        public bool Equals(TagPair other) => Same(First, other.First) && Same(Second, other.Second);

        public override int GetHashCode() => HashCode.Combine(First.Key, First.Value, Second.Key, Second.Value);

        static bool Same(KeyValuePair<string, object?> left, KeyValuePair<string, object?> right) =>
            left.Key == right.Key && Equals(left.Value, right.Value);
    }

    sealed class Series(int buckets)
    {
        public double Sum { get; set; }

        public long[] Buckets { get; } = new long[buckets];
    }
}
