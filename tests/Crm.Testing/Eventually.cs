using System.Diagnostics;

namespace Crm.Testing;

/// <summary>Waits for what happens "soon". A wait that fails shows the last failure of the condition itself.</summary>
public static class Eventually
{
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    /// <summary>Repeats the assertions until they hold.</summary>
    public static async Task Holds(Func<Task> assertions, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertions();
                return;
            }
            catch (Exception) when (watch.Elapsed < (patience ?? DefaultPatience))
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Repeats the question until the answer is there.</summary>
    public static async Task<T> Answers<T>(Func<Task<T?>> question, TimeSpan? patience = null)
        where T : class
    {
        T? answer = null;
        await Holds(async () => answer = await question() ?? throw new InvalidOperationException("No answer yet."), patience);
        return answer!;
    }
}
