namespace Crm.Analytics.Models;

/// <summary>Neumaier's compensated sum: the rounding error of each addition is kept and added at the end.</summary>
public struct CompensatedSum
{
    private double _sum;
    private double _lost;

    public readonly double Value => _sum + _lost;

    public void Add(double value)
    {
        var sum = _sum + value;
        _lost += Math.Abs(_sum) >= Math.Abs(value) ? _sum - sum + value : value - sum + _sum;
        _sum = sum;
    }
}
