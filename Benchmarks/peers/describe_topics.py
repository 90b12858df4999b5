"""describe_topics.py BOOTSTRAP [USER PASSWORD]: every topic and its partitions with kafka-python; with a login, the cluster alone."""

import sys

from kafka import KafkaAdminClient

bootstrap, *login = sys.argv[1:]
security = dict(security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512", sasl_plain_username=login[0],
                sasl_plain_password=login[1]) if login else {}
admin = KafkaAdminClient(bootstrap_servers=bootstrap, **security)
print(admin.describe_cluster() if login else admin.describe_topics())
admin.close()
