"""③ Service instances and bindings: what each OSB operation decides; one file per operation."""
