"""The workflow API (`/api/…`): projects, workflows, schedules, sessions, attempts, tasks, logs."""
