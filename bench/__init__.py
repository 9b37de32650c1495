"""What the program is measured with: each figure beside a limit that was measured in the same run."""
