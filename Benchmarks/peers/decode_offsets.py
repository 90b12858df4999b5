"""decode_offsets.py FILE ROUNDS: decodes the body of an OffsetFetch v9 response with kafka-python, prints milliseconds a round."""

import sys
import time

from kafka.protocol.consumer import OffsetFetchResponse

with open(sys.argv[1], "rb") as file:
    body = file.read()
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    answer = OffsetFetchResponse.decode(body, version=9)
    found = sum(len(topic.partitions) for group in answer.groups for topic in group.topics)
    print((time.perf_counter() - begin) * 1e3, found)
