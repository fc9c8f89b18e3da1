using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>A copy of the templates with one text replaced, to show that a test would notice.</summary>
internal sealed class Specimen : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-bicep-").FullName;

    /// <param name="file">Path below infra.</param>
    /// <param name="old">What must stand there, or the specimen would prove nothing.</param>
    /// <param name="changed">What takes its place.</param>
    public Specimen(string file, string old, string changed)
    {
        var infra = Path.Combine(Seed.RepositoryRoot, "infra");
        foreach (var path in Directory.GetFiles(infra).Concat(Directory.GetFiles(Path.Combine(infra, "modules"))))
        {
            var copy = Path.Combine(_folder, "infra", Path.GetRelativePath(infra, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        var altered = Path.Combine(_folder, "infra", file);
        var text = File.ReadAllText(altered);
        if (!text.Contains(old, StringComparison.Ordinal)) throw new ArgumentException($"{file} does not hold '{old}'.", nameof(old));
        File.WriteAllText(altered, text.Replace(old, changed, StringComparison.Ordinal));
    }

    public string Main => Path.Combine(_folder, "infra", "main.bicep");

    /// <summary>What the altered templates would deploy.</summary>
    public async Task<Prediction> PredictAsync(string set)
    {
        var copy = Path.Combine(_folder, Path.GetRelativePath(Seed.RepositoryRoot, Prediction.PathOf(set)));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(Prediction.PathOf(set), copy, overwrite: true);
        return await BicepCompiler.Instance.PredictAsync(copy);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
