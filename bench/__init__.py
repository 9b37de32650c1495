"""What the program is measured with: each figure beside a limit that was measured in the same run.

The shop runs as it does in production: gunicorn with two processes, PostgreSQL, and Redis where one is installed.
CPU is what the processes of the server side used, whoever else was busy meanwhile; ratios are made of CPU.
"""
