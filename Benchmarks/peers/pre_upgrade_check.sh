#!/usr/bin/env bash
# pre_upgrade_check.sh BIN BOOTSTRAP: what teams run today before an upgrade, with Kafka's own tools: one JVM a question.
set -uo pipefail
bin=$1 bootstrap=$2
"$bin/kafka-topics.sh" --bootstrap-server "$bootstrap" --describe --under-replicated-partitions
"$bin/kafka-topics.sh" --bootstrap-server "$bootstrap" --describe --unavailable-partitions
"$bin/kafka-metadata-quorum.sh" --bootstrap-server "$bootstrap" describe --status
"$bin/kafka-consumer-groups.sh" --bootstrap-server "$bootstrap" --all-groups --describe
df -h .
"$bin/kafka-broker-api-versions.sh" --bootstrap-server "$bootstrap"
exit 0
