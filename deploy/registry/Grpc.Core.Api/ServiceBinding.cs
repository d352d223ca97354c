using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Set by the generator on a service's base class: where the method is that binds its calls.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = true, AllowMultiple = false)]
public class BindServiceMethodAttribute(
    [DynamicallyAccessedMembers(BindServiceMethodAttribute.BinderMembers)] Type bindType, string bindMethodName)
    : Attribute
{
    private const DynamicallyAccessedMemberTypes BinderMembers =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    [DynamicallyAccessedMembers(BinderMembers)]
    public Type BindType { get; } = bindType;

    public string BindMethodName { get; } = bindMethodName;
}

/// <summary>
/// Receives the methods of a service. Handlers are null when a server binds a type and makes the instances itself.
/// </summary>
public class ServiceBinderBase
{
    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class =>
        throw new NotImplementedException();

    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class =>
        throw new NotImplementedException();

    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class =>
        throw new NotImplementedException();

    public virtual void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class =>
        throw new NotImplementedException();
}

/// <summary>A service instance's methods, to be replayed into a binder.</summary>
public class ServerServiceDefinition
{
    private readonly IReadOnlyList<Action<ServiceBinderBase>> registrations;

    private ServerServiceDefinition(IReadOnlyList<Action<ServiceBinderBase>> registrations) => this.registrations = registrations;

    public static Builder CreateBuilder() => new();

    public void BindService(ServiceBinderBase serviceBinder)
    {
        GrpcPreconditions.CheckNotNull(serviceBinder, nameof(serviceBinder));
        foreach (var registration in registrations)
            registration(serviceBinder);
    }

    public class Builder
    {
        private readonly Dictionary<string, Action<ServiceBinderBase>> registrations = [];

        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class =>
            Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class =>
            Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class =>
            Add(method, binder => binder.AddMethod(method, handler));

        public Builder AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse> handler)
            where TRequest : class
            where TResponse : class =>
            Add(method, binder => binder.AddMethod(method, handler));

        public ServerServiceDefinition Build() => new([.. registrations.Values]);

        /// <exception cref="ArgumentException">The service already has a method of this name.</exception>
        private Builder Add(IMethod method, Action<ServiceBinderBase> registration)
        {
            registrations.Add(method.FullName, registration);
            return this;
        }
    }
}
