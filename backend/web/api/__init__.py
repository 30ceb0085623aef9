"""The interface 数据接口: published data for programs, versioned, described by OpenAPI 3.1. Reads only; names of persons are masked."""
