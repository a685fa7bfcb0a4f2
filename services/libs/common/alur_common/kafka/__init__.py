"""The bus on Apache Kafka, by FastStream on aiokafka."""
