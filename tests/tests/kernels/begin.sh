#!/bin/busybox sh
# How each machine begins, and what it needs to follow the service; the rest of its first process comes
# behind this.
/bin/busybox --install -s /applets
export PATH=/bin:/applets
# Without a /dev/null no shell can start anything in the background.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs run /run
# What the kernel says would come in between from here on.
dmesg -n 1
echo "kernel $(uname -r)"

# The applet of this name knows less, and this shell prefers it.
ip() { /bin/ip "$@"; }
for module in /modules/*; do insmod "$module"; done
ip link set lo up
# Nothing is sent but by the test.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6

# A service that has ended is waited for no longer.
wait_until() { until "$@" || ! kill -0 $service; do sleep 0.2; done; }
get() { timeout 10 wget -q -O - http://127.0.0.1:10199"$1"; }
is_ready() { get /-/ready > /dev/null 2>&1; }
folds() { get /metrics | sed -n 's/^packet_exporter_folds_total //p'; }
# A number that begins with a zero would be an octal one.
begin() { before=$(folds); before=${before:-0}; }
is_folded() { [ "0$(folds)" -ge $((before + 2)) ]; }
