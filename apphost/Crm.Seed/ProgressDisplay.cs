using System.Globalization;

namespace Crm.Seed;

/// <summary>One line for each part of the work: a bar that moves on a terminal; elsewhere a line now and then.</summary>
internal sealed class ProgressDisplay(TextWriter output, bool interactive, TimeProvider time)
{
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    public Part Begin(string label, long total) => new(this, label, total);

    internal sealed class Part : IDisposable
    {
        private const int Width = 30;
        private readonly ProgressDisplay _display;
        private readonly string _label;
        private readonly long _total;
        private readonly Lock _drawing = new();
        private long _done;
        private long _drawnAt;

        public Part(ProgressDisplay display, string label, long total)
        {
            (_display, _label, _total) = (display, label, total);
            _drawnAt = display._time.GetTimestamp();
            if (display._interactive) Draw(ended: false);
        }

        public void Advance(long by = 1)
        {
            lock (_drawing)
            {
                _done += by;
                if (_display._time.GetElapsedTime(_drawnAt) >= (_display._interactive ? BarInterval : LineInterval)) Draw(ended: false);
            }
        }

        public void Dispose()
        {
            lock (_drawing) Draw(ended: true);
        }

        private void Draw(bool ended)
        {
            _drawnAt = _display._time.GetTimestamp();
            var numbers = string.Create(CultureInfo.InvariantCulture, $"{_done:N0} of {_total:N0}");
            if (!_display._interactive)
            {
                _display._output.WriteLine($"{_label}: {numbers}");
                return;
            }

            var filled = _total == 0 ? Width : (int)(Width * Math.Min(_done, _total) / _total);
            _display._output.Write($"\r{_label,-22} [{new string('#', filled),-Width}] {numbers}   ");
            if (ended) _display._output.WriteLine();
        }
    }

    private readonly TextWriter _output = output;
    private readonly bool _interactive = interactive;
    private readonly TimeProvider _time = time;
}
