namespace Passerelle.Tests;
public class SmokeTests { [Fact] public void X() => Assert.True(true); }
