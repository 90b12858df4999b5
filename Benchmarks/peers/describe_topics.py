"""describe_topics.py BOOTSTRAP TOPIC [USER PASSWORD]: a topic, its partitions and settings with kafka-python; with a login, the
cluster alone."""

import sys

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

bootstrap, topic, *login = sys.argv[1:]
security = dict(security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512", sasl_plain_username=login[0],
                sasl_plain_password=login[1]) if login else {}
admin = KafkaAdminClient(bootstrap_servers=bootstrap, **security)
if login:
    print(admin.describe_cluster())
else:
    print(admin.describe_topics([topic]))
    print(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
admin.close()
