using System.Runtime.Versioning;

// File modes and the embedded database's process guard are Unix's.
[assembly: UnsupportedOSPlatform("windows")]
