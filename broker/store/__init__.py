"""Tables, repositories, encryption at rest: the only place that knows SQL."""
