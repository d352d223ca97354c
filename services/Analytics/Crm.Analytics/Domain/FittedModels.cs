using Crm.Analytics.Models;

namespace Crm.Analytics.Domain;

/// <summary>What a fit found, by parameter name. Numbers that the likelihood does not determine are null.</summary>
/// <param name="Method">Which search ended it; see <see cref="FitDiagnostics"/>.</param>
/// <param name="OnBound">Parameters that ended on the edge of the permitted range.</param>
internal sealed record FittedModel(
    IReadOnlyDictionary<string, double> Parameters, IReadOnlyDictionary<string, double?> StandardErrors, double? LogLikelihood, long Customers,
    bool Converged, string Method, int Iterations, int Evaluations, double? GradientNorm, IReadOnlyList<string> OnBound,
    IReadOnlyList<double[]>? LogCovariance = null)
{
    public static FittedModel Of<TModel>(ModelFit<TModel> fit, params (string Name, double Value)[] parameters) => new(
        parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value),
        parameters.Select((parameter, i) => (parameter.Name, Value: Finite(fit.StandardErrors[i]))).ToDictionary(pair => pair.Name, pair => pair.Value),
        Finite(fit.LogLikelihood), fit.Customers, fit.Diagnostics.Converged, fit.Diagnostics.Method, fit.Diagnostics.Iterations,
        fit.Diagnostics.Evaluations, Finite(fit.Diagnostics.GradientNorm), fit.Diagnostics.OnBound, RowsOf(fit.LogCovariance));

    /// <summary>Of the logarithms of the parameters; null where the likelihood does not determine it.</summary>
    public double[,]? Covariance()
    {
        if (LogCovariance is null) return null;
        var matrix = new double[LogCovariance.Count, LogCovariance.Count];
        for (var i = 0; i < LogCovariance.Count; i++)
            for (var j = 0; j < LogCovariance.Count; j++) matrix[i, j] = LogCovariance[i][j];
        return matrix;
    }

    private static double[][]? RowsOf(double[,]? matrix)
    {
        if (matrix is null) return null;
        var n = matrix.GetLength(0);
        double[][] rows = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Select(j => matrix[i, j]).ToArray())];
        return rows.All(row => row.All(double.IsFinite)) ? rows : null;
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? value : null;
}

/// <summary>What a model fitted to the first part of the time foretold of the rest, for everybody and by month of acquisition.</summary>
/// <param name="Model">First of Pareto/NBD, MBG/NBD, BG/NBD whose fit can be used.</param>
/// <param name="Refused">Those before it, with the reason.</param>
internal sealed record Validation(DateOnly CalibrationEnd, DateOnly HoldoutEnd, string Model, IReadOnlyList<string> Refused, IReadOnlyList<HoldoutAccuracy> Accuracy);

/// <summary>The models of one customer population, fitted to the purchases up to <paramref name="CalibrationEnd"/>. Times are in weeks.</summary>
/// <param name="UniqueRows">Distinct (x, t_x, T).</param>
/// <param name="FrequencyValueCorrelation">Gamma-Gamma assumes 0; beyond ±0.3 its CLV should not be relied on.</param>
internal sealed record FittedModels(
    string Currency, DateOnly CalibrationEnd, long Customers, long RepeatBuyers, long RepeatPurchases, int UniqueRows,
    FittedModel BgNbd, FittedModel MbgNbd, FittedModel GammaGamma, double? FrequencyValueCorrelation, FittedModel? ParetoNbd = null, Validation? Validation = null)
{
    public static FittedModels Fit(
        string currency, DateOnly calibrationEnd, PurchaseHistogram histogram, IReadOnlyList<RepeatSpend> buyers, Validation? validation, CancellationToken cancellationToken)
    {
        var bg = Models.BgNbd.Fit(histogram, cancellationToken: cancellationToken);
        var mbg = Models.MbgNbd.Fit(histogram, cancellationToken: cancellationToken);
        var pareto = Models.ParetoNbd.Fit(histogram, cancellationToken: cancellationToken);
        var spend = Models.GammaGamma.Fit(buyers, cancellationToken: cancellationToken);
        return new FittedModels(
            currency, calibrationEnd, histogram.Customers, buyers.Count, histogram.RepeatPurchases, histogram.Rows,
            FittedModel.Of(bg, ("r", bg.Model.R), ("alpha", bg.Model.Alpha), ("a", bg.Model.A), ("b", bg.Model.B)),
            FittedModel.Of(mbg, ("r", mbg.Model.R), ("alpha", mbg.Model.Alpha), ("a", mbg.Model.A), ("b", mbg.Model.B)),
            FittedModel.Of(spend, ("p", spend.Model.P), ("q", spend.Model.Q), ("v", spend.Model.V)),
            Models.GammaGamma.FrequencyValueCorrelation(buyers),
            FittedModel.Of(pareto, ("r", pareto.Model.R), ("alpha", pareto.Model.Alpha), ("s", pareto.Model.S), ("beta", pareto.Model.Beta)), validation);
    }

    public BgNbd ToBgNbd() => new(BgNbd.Parameters["r"], BgNbd.Parameters["alpha"], BgNbd.Parameters["a"], BgNbd.Parameters["b"]);

    public MbgNbd ToMbgNbd() => new(MbgNbd.Parameters["r"], MbgNbd.Parameters["alpha"], MbgNbd.Parameters["a"], MbgNbd.Parameters["b"]);

    public GammaGamma ToGammaGamma() => new(GammaGamma.Parameters["p"], GammaGamma.Parameters["q"], GammaGamma.Parameters["v"]);
}
