namespace Crm.Bench;

/// <summary>
/// One benchmark: ours and a reference side by side on the same data in one run. Its last line of output is
/// "NAME: ours X unit, reference Y unit, ratio Z".
/// </summary>
internal interface IBench
{
    string Name { get; }
    string Summary { get; }

    /// <returns>The exit code: 0 where both ran and agreed.</returns>
    Task<int> RunAsync(string[] args, CancellationToken cancellationToken);
}
