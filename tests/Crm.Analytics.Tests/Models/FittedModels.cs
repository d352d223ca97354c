using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>Parameters fitted on the CDNOW sample by an independent implementation, six decimals.</summary>
internal static class FittedModels
{
    public static readonly BgNbd BgNbd = new(0.242593, 4.413531, 0.792886, 2.425754);
    public static readonly MbgNbd MbgNbd = new(0.524838, 6.182992, 0.891356, 1.613999);
    public static readonly ParetoNbd ParetoNbd = new(0.553276, 10.577612, 0.606214, 11.667911);
    public static readonly GammaGamma GammaGamma = new(6.248804, 3.744588, 15.447741);
}
