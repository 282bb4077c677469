"""Reading what people write: operators' documents and request lines."""
