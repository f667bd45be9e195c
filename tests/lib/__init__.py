# SPDX-License-Identifier: Apache-2.0
"""Real parts, sick peers and small helpers for the integration tests."""
