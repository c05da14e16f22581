using Passerelle.Hub;

return await HubCommands.RunAsync(args);
