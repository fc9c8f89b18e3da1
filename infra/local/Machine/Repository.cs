using Serverless.Local.CommandLine;

namespace Serverless.Local.Machine;

/// <summary>Where things are: the clone this was built from, and <c>.local/</c> in it, where everything that a run makes is kept.</summary>
internal sealed record Repository(string Root)
{
    /// <summary>Ignored by git; may be deleted whole when nothing runs.</summary>
    public string Local => Path.Combine(Root, ".local");

    /// <summary>Where people look for what left the app in the latest run.</summary>
    public string Outside => Path.Combine(Local, "outside");

    public string Seeds => Path.Combine(Root, "seeds");

    public string Messaging => Path.Combine(Root, "infra", "messaging.json");

    /// <summary>The clone around the working directory, else the one this program was built in.</summary>
    public static Repository Find() =>
        Above(Directory.GetCurrentDirectory()) ?? Above(AppContext.BaseDirectory)
        ?? throw new Refusal("There is no Serverless.sln in this folder or above it: run this inside a clone of the project.");

    /// <summary>Makes <see cref="Outside"/> lead into a run's own folder.</summary>
    public void ShowOutside(string folder)
    {
        var link = new DirectoryInfo(Outside);
        if (link is { Exists: true, LinkTarget: null }) return;
        // Deletes symbolic links without following them.
        File.Delete(Outside);
        Directory.CreateSymbolicLink(Outside, Path.GetRelativePath(Local, folder));
    }

    private static Repository? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Serverless.sln"))) return new Repository(at.FullName);
        }
        return null;
    }
}
