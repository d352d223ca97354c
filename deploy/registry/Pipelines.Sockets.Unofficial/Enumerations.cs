namespace Pipelines.Sockets.Unofficial;

/// <summary>Why a connection ended; the first reason stays.</summary>
public enum PipeShutdownKind
{
    None = 0,
    PipeDisposed = 1,
    ReadEndOfStream = 100,
    ReadDisposed = 101,
    ReadIOException = 102,
    ReadException = 103,
    ReadSocketError = 104,
    ReadFlushCompleted = 105,
    ReadFlushCanceled = 106,
    WriteEndOfStream = 200,
    WriteDisposed = 201,
    WriteIOException = 203,
    WriteException = 204,
    WriteSocketError = 205,
    InputReaderCompleted = 300,
    InputWriterCompleted = 301,
    OutputReaderCompleted = 302,
    OutputWriterCompleted = 303,
    ProtocolExitClient = 400,
    ProtocolExitServer = 401,
}

[Flags]
public enum SocketConnectionOptions
{
    None = 0,

    /// <summary>Wait for data before a buffer is taken: less memory for idle connections.</summary>
    ZeroLengthReads = 1,

    /// <summary>Accepted and without effect: the runtime's own socket operations decide where they continue.</summary>
    InlineReads = 2,

    /// <inheritdoc cref="InlineReads"/>
    InlineWrites = 4,

    /// <inheritdoc cref="InlineReads"/>
    InlineConnect = 8,
}
