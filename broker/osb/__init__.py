"""① The Open Service Broker API: requests in, responses out; openbrokerapi lives here only."""
