namespace Crm.Testing;

/// <summary>Files of the repository and of the shared test data beside it.</summary>
public static class Repository
{
    /// <summary>The directory that holds CrmPlatform.sln.</summary>
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A file of <c>../shared/data</c>, or null where the data is not at hand.</summary>
    public static string? SharedData(params string[] parts)
    {
        var path = Path.GetFullPath(Path.Combine([Root, "..", "shared", "data", .. parts]));
        return File.Exists(path) ? path : null;
    }

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "CrmPlatform.sln"))) return directory.FullName;
        }

        throw new InvalidOperationException("CrmPlatform.sln is not above " + AppContext.BaseDirectory);
    }
}
