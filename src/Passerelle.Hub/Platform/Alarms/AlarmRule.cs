namespace Passerelle.Hub.Platform.Alarms;

/// <summary>What must hold at every moment. The watchman of each node asks all of them together, every few seconds: each is a look into an index.</summary>
/// <param name="Name">The alarm's.</param>
/// <param name="Sql">Gives one column, the names of what breaks it.</param>
public sealed record AlarmRule(string Name, string Sql);
