/* SPDX-License-Identifier: Apache-2.0 */
/* The host probe's parsers: what the kernel writes, and the samples that come of it. No file is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "lib/base/buf.h"
#include "lib/core/labels.h"
#include "lib/core/regex.h"
#include "probes/host.h"

struct fixture {
    struct arena *arena;
    struct host_kept *kept;
    struct host_scan scan;
};

static void begin(struct fixture *f)
{
    struct host_conf conf = {.root = "",
                             .procfs = "/nonexistent/proc",
                             .sysfs = "/nonexistent/sys",
                             .rootfs = "",
                             .udev = "/nonexistent/udev",
                             .nodename = ""};
    f->arena = arena_create(0);
    for (const struct opt *row = host_opts; row->name; row++) {
        struct err e;
        if (row->type == OPT_REGEX && row->def)
            assert_true(opt_set(row, &conf, row->def, f->arena, &e));
    }
    f->kept = host_kept_create(&conf);
    host_scan_init(&f->scan, f->arena, f->kept, (struct wall){0});
}

static void finish(struct fixture *f)
{
    host_kept_destroy(f->kept);
    arena_destroy(f->arena);
}

static void print_sample(const struct sample *s, struct buf *out)
{
    const char *comma = "";
    buf_printf(out, "%s", s->metric->name);
    for (size_t i = 0; s->values && s->metric->labels[i]; i++) {
        if (!s->values[i])
            continue;
        buf_printf(out, "%s%s=%s", *comma ? comma : "{", s->metric->labels[i],
                   s->values[i]);
        comma = ",";
    }
    for (size_t i = 0; i < s->extra.count; i++) {
        buf_printf(out, "%s%s=%s", *comma ? comma : "{", s->extra.items[i].name,
                   s->extra.items[i].value);
        comma = ",";
    }
    buf_printf(out, "%s %.15g\n", *comma ? "}" : "", s->value);
}

static void assert_samples(const struct host_scan *scan, const char *expected)
{
    struct buf out = BUF_MAX(1 << 20);
    for (const struct batch_group *g = scan->batch->first; g; g = g->next) {
        for (const struct sample *s = g->first; s; s = s->next)
            print_sample(s, &out);
    }
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

/* ---- one table for all that take a text ---- */

static void parse_loadavg(struct host_scan *scan, struct bytes text)
{
    host_loadavg_parse(scan, text);
}
static void parse_filefd(struct host_scan *scan, struct bytes text)
{
    host_filefd_parse(scan, text);
}
static void parse_netstat(struct host_scan *scan, struct bytes text)
{
    host_netstat_parse(scan, text);
}
static void parse_io_pressure(struct host_scan *scan, struct bytes text)
{
    host_pressure_parse(scan, "io", text);
}
static void parse_udp(struct host_scan *scan, struct bytes text)
{
    host_udp_queues_parse(scan, "v4", text);
}
static void parse_conntrack(struct host_scan *scan, struct bytes text)
{
    double entries = -1;
    host_conntrack_parse(scan, text, &entries);
    host_sample(scan, HOST_CONNTRACK_ENTRIES, entries);
}

static const struct {
    void (*parse)(struct host_scan *scan, struct bytes text);
    const char *text, *expected;
} cases[] = {
    {parse_loadavg, "0.21 0.37 0.39 1/719 19737\n",
     "node_load1 0.21\nnode_load5 0.37\nnode_load15 0.39\n"},
    {parse_loadavg, "0.21 zero\n", ""},
    {parse_filefd, "1024\t0\t1631329\n",
     "node_filefd_allocated 1024\nnode_filefd_maximum 1631329\n"},
    {parse_filefd, "1024\n", ""},
    {host_stat_parse,
     "cpu 1 2\nintr 8885917 17 0\nctxt 38014093\nbtime 1418183276\n"
     "processes 26442\nprocs_running 2\nprocs_blocked 1",
     "node_intr_total 8885917\nnode_context_switches_total 38014093\n"
     "node_boot_time_seconds 1418183276\nnode_forks_total 26442\n"
     "node_procs_running 2\nnode_procs_blocked 1\n"},
    {host_cpu_parse, "cpu  9 9 9\ncpu1 100 200 300 400 500 600 700 800 50 25\n",
     "node_cpu_seconds_total{cpu=1,mode=user} 1\nnode_cpu_seconds_total{cpu=1,mode=nice} "
     "2\n"
     "node_cpu_seconds_total{cpu=1,mode=system} "
     "3\nnode_cpu_seconds_total{cpu=1,mode=idle} 4\n"
     "node_cpu_seconds_total{cpu=1,mode=iowait} "
     "5\nnode_cpu_seconds_total{cpu=1,mode=irq} 6\n"
     "node_cpu_seconds_total{cpu=1,mode=softirq} 7\n"
     "node_cpu_seconds_total{cpu=1,mode=steal} 8\n"
     "node_cpu_guest_seconds_total{cpu=1,mode=user} 0.5\n"
     "node_cpu_guest_seconds_total{cpu=1,mode=nice} 0.25\n"},
    {host_cpu_parse, "cpu99999999999999999999 1\ncpux 1\ncpu\n", ""},
    {host_schedstat_parse,
     "version 15\ncpu0 0 0 0 0 0 0 2000000000 500000000 77\ndomain0 1\ncpu1 0 0\n",
     "node_schedstat_running_seconds_total{cpu=0} 2\n"
     "node_schedstat_waiting_seconds_total{cpu=0} 0.5\n"
     "node_schedstat_timeslices_total{cpu=0} 77\n"},
    {host_meminfo_parse,
     "MemTotal:    3742148 kB\nActive(anon):   1 kB\nHugePages_Total:       0\nBad\nNo: "
     "x\n",
     "node_memory_MemTotal_bytes 3831959552\nnode_memory_Active_anon_bytes 1024\n"
     "node_memory_HugePages_Total 0\n"},
    {host_vmstat_parse,
     "nr_free_pages 5\noom_kill 1\npgmajfault 7\npswpin 2\npgpgout 3\n",
     "node_vmstat_oom_kill 1\nnode_vmstat_pgmajfault 7\nnode_vmstat_pswpin 2\n"
     "node_vmstat_pgpgout 3\n"},
    {parse_io_pressure,
     "some avg10=0.00 avg60=0.00 avg300=0.00 total=159886802\n"
     "full avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n",
     "node_pressure_io_waiting_seconds_total 159.886802\n"
     "node_pressure_io_stalled_seconds_total 1.5\n"},
    {host_diskstats_parse, " 8 1 sda1 1 2 3\n 254 0 vda 10 1 4 2000 5 0 8 500 1 30 40\n",
     "node_disk_reads_completed_total{device=vda} 10\n"
     "node_disk_reads_merged_total{device=vda} 1\nnode_disk_read_bytes_total{device=vda} "
     "2048\n"
     "node_disk_read_time_seconds_total{device=vda} 2\n"
     "node_disk_writes_completed_total{device=vda} 5\n"
     "node_disk_writes_merged_total{device=vda} 0\n"
     "node_disk_written_bytes_total{device=vda} 4096\n"
     "node_disk_write_time_seconds_total{device=vda} 0.5\nnode_disk_io_now{device=vda} "
     "1\n"
     "node_disk_io_time_seconds_total{device=vda} 0.03\n"
     "node_disk_io_time_weighted_seconds_total{device=vda} 0.04\n"
     "node_disk_info{device=vda,major=254,minor=0} 1\n"},
    {host_md_parse,
     "Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0](F)\n"
     "      248896 blocks super 1.2 [2/1] [_U]\n"
     "      [==>...]  recovery = 12.6% (31112/248896) finish=1.0min\n\nunused devices: "
     "<none>\n",
     "node_md_disks_required{device=md0} 2\nnode_md_disks{device=md0,state=active} 1\n"
     "node_md_disks{device=md0,state=failed} 1\nnode_md_disks{device=md0,state=spare} 0\n"
     "node_md_state{device=md0,state=active} 0\nnode_md_state{device=md0,state=inactive} "
     "0\n"
     "node_md_state{device=md0,state=recovering} "
     "1\nnode_md_state{device=md0,state=resync} 0\n"
     "node_md_state{device=md0,state=check} 0\nnode_md_blocks{device=md0} 248896\n"
     "node_md_blocks_synced{device=md0} 31112\n"},
    {host_netdev_parse,
     "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n"
     "  lo:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
     "node_network_receive_bytes_total{device=lo} 1\n"
     "node_network_receive_packets_total{device=lo} 2\n"
     "node_network_receive_errs_total{device=lo} 3\n"
     "node_network_receive_drop_total{device=lo} 4\n"
     "node_network_receive_fifo_total{device=lo} 5\n"
     "node_network_receive_frame_total{device=lo} 6\n"
     "node_network_receive_compressed_total{device=lo} 7\n"
     "node_network_receive_multicast_total{device=lo} 8\n"
     "node_network_transmit_bytes_total{device=lo} 9\n"
     "node_network_transmit_packets_total{device=lo} 10\n"
     "node_network_transmit_errs_total{device=lo} 11\n"
     "node_network_transmit_drop_total{device=lo} 12\n"
     "node_network_transmit_fifo_total{device=lo} 13\n"
     "node_network_transmit_colls_total{device=lo} 14\n"
     "node_network_transmit_carrier_total{device=lo} 15\n"
     "node_network_transmit_compressed_total{device=lo} 16\n"},
    {parse_netstat, "TcpExt: SyncookiesSent Other\nTcpExt: 3 4\nIp: Forwarding\nIp: 2\n",
     "node_netstat_TcpExt_SyncookiesSent 3\nnode_netstat_Ip_Forwarding 2\n"},
    {parse_netstat, "Tcp: InSegs OutSegs\nTcp: 3\n", "node_netstat_Tcp_InSegs 3\n"},
    {parse_netstat, "Tcp: InSegs\nUdp: 3\n", ""},
    {host_snmp6_parse, "Ip6InOctets  128\nUdp6NoPorts 0\nIp6Other 3\nIcmp 1\n",
     "node_netstat_Ip6_InOctets 128\nnode_netstat_Udp6_NoPorts 0\n"},
    {host_sockstat_parse, "sockets: used 229\nRAW: inuse 0\n",
     "node_sockstat_sockets_used 229\nnode_sockstat_RAW_inuse 0\n"},
    {host_softnet_parse,
     "0000000a 00000001 00000002 0 0 0 0 0 3 4 5 6 00000003\n0b 0 0\n",
     "node_softnet_processed_total{cpu=3} 10\nnode_softnet_dropped_total{cpu=3} 1\n"
     "node_softnet_times_squeezed_total{cpu=3} 2\n"
     "node_softnet_cpu_collision_total{cpu=3} 3\nnode_softnet_received_rps_total{cpu=3} "
     "4\n"
     "node_softnet_flow_limit_count_total{cpu=3} 5\nnode_softnet_backlog_len{cpu=3} 6\n"
     "node_softnet_processed_total{cpu=1} 11\nnode_softnet_dropped_total{cpu=1} 0\n"
     "node_softnet_times_squeezed_total{cpu=1} 0\n"},
    {host_arp_parse,
     "IP address HW type Flags HW address Mask Device\n"
     "192.0.2.1 0x1 0x2 02:00:00:00:00:01 * eth0\n"
     "192.0.2.2 0x1 0x2 02:00:00:00:00:02 * eth0\nshort\n",
     "node_arp_entries{device=eth0} 2\n"},
    {parse_conntrack,
     "entries searched found drop\n0000007b 0 00000001 2\n0000007b 0 2 3\n",
     "node_nf_conntrack_stat_found 3\nnode_nf_conntrack_stat_drop 5\n"
     "node_nf_conntrack_entries 123\n"},
    {parse_udp,
     "  sl local rem st tx:rx\n 1: 0100007F:0035 00000000:0000 07 00000010:00000020 0\n",
     "node_udp_queues{queue=tx,ip=v4} 16\nnode_udp_queues{queue=rx,ip=v4} 32\n"},
    {host_os_parse,
     "# c\nNAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12.4.1\"\n"
     "VERSION='12 (b)'\nSUPPORT_END=2028-06-30\n",
     "node_os_info{id=debian,name=Debian GNU/Linux,version=12 (b),version_id=12.4.1} 1\n"
     "node_os_version{id=debian,name=Debian GNU/Linux} 12.4\n"
     "node_os_support_end_timestamp_seconds 1845936000\n"},
};

static void texts_become_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture f;
        begin(&f);
        cases[i].parse(&f.scan, bytes_of(cases[i].text));
        assert_samples(&f.scan, cases[i].expected);
        finish(&f);
    }
}

/* ---- what depends on the scan before ---- */

static const struct {
    const char *text;
    double idle, user; /* -1: the CPU is not shown */
} times[] = {
    {"cpu0 100 0 0 1000 0 0 0 0\n", 10, 1},
    {"cpu0 90 0 0 900 0 0 0 0\n", 10, 1},   /* the kernel's step back */
    {"cpu0 200 0 0 1100 0 0 0 0\n", 11, 2}, /* and on */
    {"cpu1 1 0 0 1 0 0 0 0\n", -1, -1},     /* went offline */
    {"cpu0 5 0 0 20 0 0 0 0\n", 0.2, 0.05}, /* came back as a new one */
    {"cpu0 500 0 0 2000 0 0 0 0\n", 20, 5},
    {"cpu0 300 0 0 1000 0 0 0 0\n", 10, 3}, /* 10 s of idle less: another CPU */
};

static double time_of_cpu0(const struct batch *b, const char *mode)
{
    for (const struct sample *s = b->first->first; s; s = s->next) {
        if (s->metric == &host_families[HOST_CPU_SECONDS] && !strcmp(s->values[0], "0") &&
            !strcmp(s->values[1], mode))
            return s->value;
    }
    return -1;
}

static void cpu_times_never_step_back(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        f.scan.batch = batch_create(f.arena);
        f.scan.group = batch_group(f.scan.batch, "");
        host_cpu_parse(&f.scan, bytes_of(times[i].text));
        assert_true(fabs(time_of_cpu0(f.scan.batch, "idle") - times[i].idle) < 1e-9);
        assert_true(fabs(time_of_cpu0(f.scan.batch, "user") - times[i].user) < 1e-9);
    }
    finish(&f);
}

/* ---- mounts ---- */

static void mounts_are_read_and_filtered(void **state)
{
    static const char text[] =
        "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "23 22 0:20 / /proc rw - proc proc rw\n"
        "24 22 8:1 / /mnt/my\\040disk ro,noatime - xfs /dev/sda1 rw\n"
        "25 22 8:1 / /mnt/my\\040disk ro,noatime - xfs /dev/sda1 rw\n"
        "26 22 0:30 / /data rw - nfs4 nas:/x rw,emergency_ro\n"
        "27 22 0:31 / /var/lib/docker/overlay2/x rw - ext4 /dev/vda rw\n"
        "28 22 0:32 / /merged rw - overlay overlay rw\n"
        "29 broken\n30 22 0:33 / /cut rw shared:1\n";
    static const struct {
        const char *device, *mountpoint, *fstype, *major;
        bool is_readonly;
    } expected[] = {{"/dev/vda", "/", "ext4", "254", false},
                    {"/dev/sda1", "/mnt/my disk", "xfs", "8", true},
                    {"nas:/x", "/data", "nfs4", "0", true}};
    struct fixture f;
    size_t i = 0;
    (void)state;
    begin(&f);
    host_mountinfo_parse(&f.scan, bytes_of(text));
    for (const struct host_mount *m = f.scan.mounts; m; m = m->next, i++) {
        assert_true(i < ARRAY_LEN(expected));
        assert_string_equal(m->device, expected[i].device);
        assert_string_equal(m->mountpoint, expected[i].mountpoint);
        assert_string_equal(m->fstype, expected[i].fstype);
        assert_string_equal(m->major, expected[i].major);
        assert_int_equal(m->is_readonly, expected[i].is_readonly);
    }
    assert_int_equal(i, ARRAY_LEN(expected));
    finish(&f);
}

static void labels_are_always_utf8(void **state)
{
    struct arena *arena = arena_create(0);
    (void)state;
    assert_string_equal(words_label(arena, bytes_of("a\xff\xc3\xa4")),
                        "a\xef\xbf\xbd\xc3\xa4");
    arena_destroy(arena);
}

static void a_newer_kernel_of_the_same_flavour_waits(void **state)
{
    static const struct {
        const char *running, *boot[4];
        bool is_known, is_outdated;
    } kernels[] = {
        {"6.1.0-13-amd64",
         {"vmlinuz-6.1.0-13-amd64", "config-6.1.0-18-amd64"},
         true,
         false},
        {"6.1.0-9-amd64",
         {"vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-13-amd64"},
         true,
         true},
        {"6.1.0-13-amd64",
         {"vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-13-amd64"},
         true,
         false},
        {"6.1.0-9-amd64",
         {"vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-13-cloud-amd64"},
         true,
         false},
        {"5.15.0-91-generic",
         {"vmlinuz", "vmlinuz.old", "vmlinuz-5.15.0-91-generic",
          "vmlinuz-5.15.0-101-generic"},
         true,
         true},
        {"6.5.6-300.fc39.x86_64",
         {"vmlinuz-6.5.6-300.fc39.x86_64", "vmlinuz-6.5.7-300.fc39.x86_64"},
         true,
         true},
        {"6.18.0", {"vmlinuz-6.1.0-13-amd64"}, false, false},
        {"6.18.0", {NULL}, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(kernels); i++) {
        size_t count = 0;
        bool is_outdated = false;
        while (count < ARRAY_LEN(kernels[i].boot) && kernels[i].boot[count])
            count++;
        assert_int_equal(host_kernel_is_outdated(kernels[i].running, kernels[i].boot,
                                                 count, &is_outdated),
                         kernels[i].is_known);
        assert_int_equal(is_outdated, kernels[i].is_outdated);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_samples),
        cmocka_unit_test(cpu_times_never_step_back),
        cmocka_unit_test(mounts_are_read_and_filtered),
        cmocka_unit_test(labels_are_always_utf8),
        cmocka_unit_test(a_newer_kernel_of_the_same_flavour_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
