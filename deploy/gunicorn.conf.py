"""gunicorn for the shop: processes rather than threads, because a page costs CPU, not waiting.

Eight threads on two cores made a rendered page 1.6 times dearer than two processes did. Keep workers x threads of all
hosts together below what PostgreSQL (or PgBouncer) allows: each thread holds one connection.
"""

import os

bind = os.environ.get("GUNICORN_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", round((os.cpu_count() or 1) * 1.5)))
threads = 2
worker_tmp_dir = "/dev/shm"  # noqa: S108  the heartbeat file must not wait for a disk
timeout = 30
graceful_timeout = 20
keepalive = 5
max_requests = 5000  # a leak never grows old
max_requests_jitter = 500
accesslog = None  # the shop logs each request itself, with its id and without personal data
errorlog = "-"
