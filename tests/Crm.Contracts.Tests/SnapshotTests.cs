using System.Collections;
using System.Reflection;
using System.Text.Json;
using Crm.ServiceDefaults.Messaging;
using Crm.Testing;
using Google.Protobuf.Reflection;

namespace Crm.Contracts.Tests;

/// <summary>
/// What travels between services is locked: a renamed event, a removed or renamed member, a changed number of a proto field fails here.
/// An addition is recorded by running the tests once with <c>UPDATE_SNAPSHOTS=1</c> and reviewing the difference.
/// </summary>
public sealed class SnapshotTests
{
    private static readonly JsonSerializerOptions Indented = new(EventTypes.Json) { WriteIndented = true };

    public static TheoryData<string> EventNames => [.. Contracts.Events.Select(type => type.FullName!)];

    public static TheoryData<string> ProtoFiles => [.. Files().Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(EventNames))]
    public void Event(string name)
    {
        var type = Contracts.Events.Single(type => type.FullName == name);
        var urn = $"urn:message:{type.Namespace}:{type.Name}";
        AssertSnapshot(name + ".json", urn + "\n" + JsonSerializer.Serialize(Sample(type, type.Name), type, Indented) + "\n");
    }

    [Theory]
    [MemberData(nameof(ProtoFiles))]
    public void Proto(string name)
    {
        var file = Files().Single(file => file.Name == name);
        var lines = new List<string> { $"package {file.Package}" };
        lines.AddRange(file.Services.SelectMany(service => service.Methods.Select(method =>
            $"rpc {service.Name}.{method.Name}({(method.IsClientStreaming ? "stream " : "")}{method.InputType.Name}) returns ({(method.IsServerStreaming ? "stream " : "")}{method.OutputType.Name})")));
        lines.AddRange(file.MessageTypes.SelectMany(message => message.Fields.InDeclarationOrder().Select(field =>
            $"{message.Name}.{field.Name} = {field.FieldNumber} {(field.IsMap ? "map" : field.IsRepeated ? "repeated" : "")} {field.FieldType} {(field.FieldType == FieldType.Message ? field.MessageType.Name : "")}".TrimEnd())));
        AssertSnapshot(name.Replace('/', '.') + ".txt", string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void No_snapshot_is_left_over()
    {
        var expected = Contracts.Events.Select(type => type.FullName + ".json").Concat(Files().Select(file => file.Name.Replace('/', '.') + ".txt")).Order();
        Assert.Equal(expected, Directory.GetFiles(Repository.PathOf("tests", "Crm.Contracts.Tests", "Snapshots")).Select(path => Path.GetFileName(path)!).Order());
    }

    private static IEnumerable<FileDescriptor> Files() => Contracts.Assemblies
        .SelectMany(assembly => assembly.GetExportedTypes())
        .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
        .Select(type => (FileDescriptor)type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!);

    private static void AssertSnapshot(string name, string actual)
    {
        var path = Repository.PathOf("tests", "Crm.Contracts.Tests", "Snapshots", name);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"There is no snapshot {name}: a new contract is recorded with UPDATE_SNAPSHOTS=1.");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>A value whose every member is set, the same each time.</summary>
    private static object Sample(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return name;
        if (type == typeof(Guid)) return new Guid("01890a5d-ac96-774b-bcce-b302099a8057");
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 6, 25, 1, 2, 3, TimeSpan.Zero);
        if (type == typeof(DateOnly)) return new DateOnly(2026, 6, 25);
        if (type == typeof(bool)) return true;
        if (type == typeof(decimal)) return 1250000.5m;
        if (type.IsEnum) return Enum.GetValues(type).GetValue(0)!;
        if (type.IsPrimitive) return Convert.ChangeType(7, type, System.Globalization.CultureInfo.InvariantCulture);
        if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var element = type.GetGenericArguments()[0];
            var array = Array.CreateInstance(element, 1);
            array.SetValue(Sample(element, name), 0);
            return array;
        }

        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        var instance = constructor.GetParameters() is [{ } copy] && copy.ParameterType == type
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, parameter.Name!))]);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite)) property.SetValue(instance, Sample(property.PropertyType, property.Name));
        return instance;
    }
}
