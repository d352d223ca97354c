namespace Pipelines.Sockets.Unofficial;

/// <summary>The peer closed the connection without a farewell.</summary>
public sealed class ConnectionResetException : IOException
{
    public ConnectionResetException()
    {
    }

    public ConnectionResetException(string message)
        : base(message)
    {
    }

    public ConnectionResetException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
