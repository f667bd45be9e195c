# SPDX-License-Identifier: Apache-2.0
"""What the host probe shows beside Debian's node_exporter: families, types and labels that are missing, and which may be."""
from lib.metrics import Page

# What Debian's 1.5.0 shows and the host probe does not, and why.
NOT_OURS = {
    "node_network_speed_bytes": "a speed of -1 is no speed",
}
# Labels that 1.5.0 has not yet, or that are about its own build.
NEW_LABELS = {"node_exporter_build_info": {"branch", "goarch", "goos", "goversion", "revision",
                                           "version"},
              "node_disk_info": {"rotational"}, "node_network_info": {"adminstate"},
              "node_filesystem_device_error": {"device_error"},
              "node_filesystem_readonly": {"device_error"}}
# One series a collector: node_exporter has collectors for hardware that is left out here.
BY_COLLECTOR = {"node_scrape_collector_duration_seconds", "node_scrape_collector_success"}
# Left out by default since 1.5.0, as its later versions do.
NEWER_EXCLUDES = ("zram",)
# Collectors of hardware and file systems that the host probe does not have.
OTHER_COLLECTORS = ("bcache", "btrfs", "fibrechannel", "infiniband", "ipvs", "nfs",
                    "nfsd", "power_supply", "rapl", "tape", "xfs", "zfs", "watchdog")


def families_of(text):
    """{family: (type, {labels without the empty ones})}"""
    page, families = Page(text), {}
    for name, labels in page.series:
        kept = frozenset((key, value) for key, value in labels
                         if value and key not in NEW_LABELS.get(name, ()))
        if name.startswith("node_") and not dict(labels).get("device", "").startswith(
                NEWER_EXCLUDES):
            families.setdefault(name, (page.types[name], set()))[1].add(kept)
    return families


def differences(theirs, ours):
    for name, (kind, series) in sorted(theirs.items()):
        if name in NOT_OURS or name.startswith(tuple(f"node_{one}_" for one in OTHER_COLLECTORS)):
            continue
        if name not in ours:
            yield f"{name}: missing"
        elif ours[name][0] != kind:
            yield f"{name}: {ours[name][0]}, not {kind}"
        elif name not in BY_COLLECTOR and not series <= ours[name][1]:
            yield f"{name}: lacks {[dict(one) for one in series - ours[name][1]][:3]}"
