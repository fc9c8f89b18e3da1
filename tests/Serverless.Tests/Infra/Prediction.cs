using System.Text.Json;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>What one set of parameters would deploy, in the reduced form that tests compare: types, names, settings, roles.</summary>
/// <remarks>A value that is known only while deploying stays an expression in brackets; Predictions_agree lists all of them.</remarks>
internal sealed class Prediction
{
    public const string Tenant = "00000000-0000-0000-0000-000000000002";
    public const string Subscription = "00000000-0000-0000-0000-000000000001";

    /// <summary>The sets: Sets/*.bicepparam beside this file.</summary>
    public static readonly IReadOnlyList<string> Sets = ["smallest", "everything", "private", "acs-webhook", "acs-queue", "no-bus",
        "subscribers", "no-availability"];

    private static readonly Dictionary<string, Lazy<Task<Prediction>>> Made = Sets.ToDictionary(s => s, s =>
        new Lazy<Task<Prediction>>(() => BicepCompiler.Instance.PredictAsync(PathOf(s))), StringComparer.Ordinal);

    /// <param name="set">Name of the set.</param>
    /// <param name="snapshot">The compiler's answer.</param>
    public Prediction(string set, JsonElement snapshot)
    {
        Set = set;
        Resources = [.. snapshot.GetProperty("predictedResources").EnumerateArray().Select(r =>
            new PredictedResource(r.GetProperty("type").GetString()!, ArmExpression.Resolve(r.GetProperty("name").GetString()!),
                r.GetProperty("id").GetString()!, r))];
        Outputs = snapshot.GetProperty("outputs").EnumerateObject().ToDictionary(o => o.Name, o => o.Value, StringComparer.Ordinal);
        Settings = Site.Properties.GetProperty("siteConfig").GetProperty("appSettings").EnumerateArray()
            .Select(s => (s.GetProperty("name").GetString()!, ArmExpression.Resolve(s.GetProperty("value").GetString()!))).ToList();
    }

    public string Set { get; }

    public IReadOnlyList<PredictedResource> Resources { get; }

    public IReadOnlyDictionary<string, JsonElement> Outputs { get; }

    /// <summary>App settings in order; a name that stood there twice would be seen.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; }

    public PredictedResource Site => Of("Microsoft.Web/sites").Single();

    public static string PathOf(string set) =>
        Path.Combine(Seed.RepositoryRoot, "tests", "Serverless.Tests", "Infra", "Sets", set + ".bicepparam");

    /// <summary>Predicted once for all tests.</summary>
    public static Task<Prediction> OfAsync(string set) => Made[set].Value;

    public IEnumerable<PredictedResource> Of(string type) => Resources.Where(r => r.Type == type);

    /// <summary>Last segments of the names of all resources of a type.</summary>
    public IEnumerable<string> Names(string type) => Of(type).Select(r => r.Short);

    /// <summary>Whatever only the deployment itself will know: where it stands, and what it reads.</summary>
    public IEnumerable<(string Path, string Expression)> Unknown =>
        Resources.SelectMany(r => Open(r.Json, r.Type)).Concat(Outputs.SelectMany(o => Open(o.Value, $"output {o.Key}")));

    /// <summary>Value of a setting; null when it is not set.</summary>
    public string? Setting(string name) => Settings.Where(s => s.Name == name).Select(s => s.Value).SingleOrDefault();

    /// <summary>Role assignments: who may do what, and where.</summary>
    public IEnumerable<PredictedRole> Roles => Of("Microsoft.Authorization/roleAssignments").Select(r => new PredictedRole(
        r.Id[..r.Id.IndexOf("/providers/Microsoft.Authorization/", StringComparison.Ordinal)],
        r.Properties.GetProperty("roleDefinitionId").GetString()!.Split('/')[^1],
        r.Properties.GetProperty("principalId").GetString()!,
        r.Properties.TryGetProperty("principalType", out var type) ? type.GetString()! : ""));

    private static IEnumerable<(string Path, string Expression)> Open(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object when element.TryGetProperty("name", out var name) && element.TryGetProperty("value", out var value)
            && name.ValueKind == JsonValueKind.String => Open(value, $"{path}.{name.GetString()}"),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Open(p.Value, $"{path}.{p.Name}")),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(e => Open(e, path)),
        JsonValueKind.String when ArmExpression.Resolve(element.GetString()!) is { } text && text.Contains('{', StringComparison.Ordinal)
            && element.GetString()![0] == '[' => [(path, text)],
        _ => [],
    };
}

/// <summary>One predicted resource.</summary>
/// <param name="Type">Its type, as Resource Manager writes it.</param>
/// <param name="Name">Its name with those of its parents.</param>
/// <param name="Id">Its id.</param>
/// <param name="Json">All of it.</param>
internal sealed record PredictedResource(string Type, string Name, string Id, JsonElement Json)
{
    public string Short => Name.Split('/')[^1];

    public JsonElement Properties => Json.GetProperty("properties");
}

/// <summary>One predicted role assignment.</summary>
/// <param name="Scope">Id of the resource.</param>
/// <param name="RoleId">Id of the role.</param>
/// <param name="Principal">Object id, or the expression that reads it.</param>
/// <param name="PrincipalType">Its type.</param>
internal sealed record PredictedRole(string Scope, string RoleId, string Principal, string PrincipalType)
{
    /// <summary>Type and name of the last part of the scope.</summary>
    public string On => string.Join('/', Scope.Split('/')[^2..]);
}
