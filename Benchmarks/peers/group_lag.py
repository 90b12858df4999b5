"""group_lag.py COMMITS ENDS ROUNDS: how far a group is behind, from the bodies of an OffsetFetch v9 and of a ListOffsets v7
response, with kafka-python and by the steps of its admin client; prints milliseconds a round."""

import sys
import time

from kafka.protocol.consumer import ListOffsetsResponse, OffsetFetchResponse
from kafka.structs import OffsetAndMetadata, TopicPartition

bodies = []
for name in sys.argv[1:3]:
    with open(name, "rb") as file:
        bodies.append(file.read())
for _ in range(int(sys.argv[3])):
    begin = time.perf_counter()
    commits = {}
    for topic in OffsetFetchResponse.decode(bodies[0], version=9).groups[0].topics:
        for item in topic.partitions:
            commits[TopicPartition(topic.name, item.partition_index)] = OffsetAndMetadata(
                item.committed_offset, item.metadata, item.committed_leader_epoch)
    ends = {}
    for topic in ListOffsetsResponse.decode(bodies[1], version=7).topics:
        for item in topic.partitions:
            ends[TopicPartition(topic.name, item.partition_index)] = item.offset
    lags = {partition: ends[partition] - commit.offset for partition, commit in commits.items()}
    print((time.perf_counter() - begin) * 1e3, len(lags))
