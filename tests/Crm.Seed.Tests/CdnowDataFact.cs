using Crm.Testing;

namespace Crm.Seed.Tests;

/// <summary>Needs the CDNOW files beside the repository; reported as skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CdnowDataFactAttribute : FactAttribute
{
    public CdnowDataFactAttribute()
    {
        if (Repository.SharedData("cdnow", "CDNOW_master.txt") is null) Skip = "../shared/data/cdnow is not there.";
    }
}
