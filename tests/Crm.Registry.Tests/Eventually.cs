namespace Crm.Registry.Tests;

/// <summary>Waits for what another thread or process will do soon.</summary>
internal static class Eventually
{
    public static async Task True(Func<bool> condition, int seconds = 15)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (!condition())
        {
            Assert.False(timeout.IsCancellationRequested, $"The condition was not met within {seconds} s.");
            await Task.Delay(20);
        }
    }
}
