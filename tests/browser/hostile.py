"""Names that would do harm if any of them were taken for HTML, a script or a template."""

HOSTILE = ["<img src=x onerror=alert(1)>", "${alert(1)}", "`${alert(2)}`", "</script><script>alert(3)</script>",
           "'\"><svg onload=alert(4)>", "{{7*7}}", "{% raw %}", "{#x"]  # fmt: skip
