using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>One text of the templates in the place of another.</summary>
/// <param name="File">Path below infra.</param>
/// <param name="Old">What must stand there, or the specimen would prove nothing.</param>
/// <param name="Changed">What takes its place.</param>
internal sealed record Alteration(string File, string Old, string Changed);

/// <summary>A copy of the templates with some texts replaced, to show that a test would notice.</summary>
internal sealed class Specimen : IDisposable
{
    private static readonly string Infra = Path.Combine(Seed.RepositoryRoot, "infra");
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-bicep-").FullName;

    public Specimen(IEnumerable<Alteration> alterations)
    {
        foreach (var path in Directory.GetFiles(Infra).Concat(Directory.GetFiles(Path.Combine(Infra, "modules"))))
        {
            var copy = Path.Combine(_folder, "infra", Path.GetRelativePath(Infra, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        foreach (var (file, old, changed) in alterations)
        {
            var altered = Path.Combine(_folder, "infra", file);
            var text = File.ReadAllText(altered);
            if (!text.Contains(old, StringComparison.Ordinal))
                throw new ArgumentException($"{file} does not hold '{old}'.", nameof(alterations));
            File.WriteAllText(altered, text.Replace(old, changed, StringComparison.Ordinal));
        }
    }

    public string Main => Path.Combine(_folder, "infra", "main.bicep");

    /// <summary>
    /// What the compiler says of each alteration. It takes a second for a copy however many texts of it differ, so those that leave each
    /// other alone share one: each old text still stands as often as in the templates, each new one is still there at the end.
    /// </summary>
    /// <param name="alterations">All of a test class.</param>
    /// <param name="ask">Asks the compiler; once a copy, when a test first wants it.</param>
    public static IReadOnlyDictionary<Alteration, Lazy<Task<T>>> Together<T>(
        IEnumerable<Alteration> alterations, Func<Specimen, Task<T>> ask)
    {
        List<Copy> copies = [];
        foreach (var alteration in alterations.Distinct())
        {
            if (!copies.Exists(copy => copy.TryAdd(alteration)))
            {
                var copy = new Copy();
                if (!copy.TryAdd(alteration))
                    throw new ArgumentException($"{alteration.File} does not hold '{alteration.Old}'.", nameof(alterations));
                copies.Add(copy);
            }
        }

        return copies.SelectMany(copy =>
        {
            var answer = new Lazy<Task<T>>(async () =>
            {
                using var specimen = new Specimen(copy.Alterations);
                return await ask(specimen);
            });
            return copy.Alterations.Select(a => KeyValuePair.Create(a, answer));
        }).ToDictionary();
    }

    /// <summary>What the altered templates would deploy.</summary>
    public async Task<Prediction> PredictAsync(string set)
    {
        var copy = Path.Combine(_folder, Path.GetRelativePath(Seed.RepositoryRoot, Prediction.PathOf(set)));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(Prediction.PathOf(set), copy, overwrite: true);
        return await BicepCompiler.Instance.PredictAsync(copy);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private sealed class Copy
    {
        private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

        public List<Alteration> Alterations { get; } = [];

        public bool TryAdd(Alteration alteration)
        {
            var original = File.ReadAllText(Path.Combine(Infra, alteration.File));
            var text = _texts.GetValueOrDefault(alteration.File, original);
            if (Count(text, alteration.Old) is 0 || Count(text, alteration.Old) != Count(original, alteration.Old)) return false;
            var altered = text.Replace(alteration.Old, alteration.Changed, StringComparison.Ordinal);
            if (Alterations.Exists(a => a.File == alteration.File && !altered.Contains(a.Changed, StringComparison.Ordinal))) return false;
            _texts[alteration.File] = altered;
            Alterations.Add(alteration);
            return true;
        }

        private static int Count(string text, string part) => text.Split(part).Length - 1;
    }
}
