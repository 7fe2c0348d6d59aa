"""What mends a finding of a rule: in calls, in the CSV, in the set, in the tools."""
