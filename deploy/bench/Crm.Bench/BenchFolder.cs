namespace Crm.Bench;

/// <summary>Files of deploy/bench, found upward from the program.</summary>
internal static class BenchFolder
{
    public static string PathOf(params string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CrmPlatform.sln")))
                return Path.Combine([folder.FullName, "deploy", "bench", .. parts]);
        }
        throw new DirectoryNotFoundException("The bench runs inside the repository: CrmPlatform.sln not found above " + AppContext.BaseDirectory);
    }
}
