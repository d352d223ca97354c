namespace Grpc.Core;

/// <summary>State of a channel's connections.</summary>
public enum ConnectivityState
{
    Idle = 0,
    Connecting = 1,
    Ready = 2,

    /// <summary>Connecting failed; it is tried again after a delay.</summary>
    TransientFailure = 3,
    Shutdown = 4,
}
