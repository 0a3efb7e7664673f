# The first process of a machine that has nothing else: cables to the namespace `there`, and devices
# on them; the service; pings from there; and what was counted, on the console.

# As with `ip`.
tc() { /bin/tc "$@"; }
there() { ip netns exec there "$@"; }
ip netns add there
# Nothing is sent but by the pings: no IPv6, and further down no questions for addresses.
there sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
for cable in 0 1 2 3 4 5 6; do
    ip link add veth$cable type veth peer name veth$cable netns there
done
for end in "ip" "ip -n there"; do
    $end link add link veth0 name vlan0 type vlan id 5
    $end link add link veth1 name vlan1 type vlan id 5
    # A bond0 comes with the module.
    for bond in 1 2; do
        $end link add bond$bond type bond mode active-backup miimon 100
        $end link set veth$((bond * 2)) master bond$bond
        $end link set veth$((bond * 2 + 1)) master bond$bond
        $end link set bond$bond type bond primary veth$((bond * 2))
    done
done
ip link set bond1 alias "spare uplink"
# WireGuard over a cable that is not counted.
for end in here there; do
    wg genkey > /run/$end.key
    wg pubkey < /run/$end.key > /run/$end.public
done
ip link add wg0 type wireguard
ip -n there link add wg0 type wireguard
ip address add 198.51.100.1/24 dev veth6
ip -n there address add 198.51.100.2/24 dev veth6
ip link set veth6 up
ip -n there link set veth6 up
wg set wg0 private-key /run/here.key listen-port 51820 \
    peer "$(cat /run/there.public)" endpoint 198.51.100.2:51820 allowed-ips 192.0.2.0/24
there wg set wg0 private-key /run/there.key listen-port 51820 \
    peer "$(cat /run/here.public)" endpoint 198.51.100.1:51820 allowed-ips 192.0.2.0/24
# Its other end is called nk0, and has the addresses of this mode for the network layer: none.
if ip link add kit0 type netkit 2> /dev/null; then
    ip link set nk0 netns there name kit0
fi
# XDP sees a tag only in the frame. On veth0 here it stays beside it, as far as what is sent goes.
there ethtool -K veth0 txvlan off
there ethtool -K veth1 txvlan off
ethtool -K veth1 txvlan off

last=1
for device in veth0 vlan0 veth1 vlan1 bond1 bond2 wg0 kit0; do
    ip address add 192.0.2.$last/28 dev $device
    there /bin/ip address add 192.0.2.$((last + 1))/28 dev $device
    last=$((last + 16))
done
for device in veth0 vlan0 veth1 vlan1 veth2 veth3 bond1 veth4 veth5 bond2 wg0 kit0; do
    ip link set $device up
    there /bin/ip link set $device up
done
last=1
for device in veth0 vlan0 veth1 vlan1 bond1 bond2; do
    address=/sys/class/net/$device/address
    ip neighbour add 192.0.2.$((last + 1)) lladdr "$(there cat $address)" dev $device
    there /bin/ip neighbour add 192.0.2.$last lladdr "$(cat $address)" dev $device
    last=$((last + 16))
done

# Filters that let each frame go and ask none behind them: on veth0 one that is there first, on
# veth1 one that comes later.
accept() {
    tc qdisc add dev "$1" clsact 2> /dev/null
    tc filter add dev "$1" egress pref 1 protocol all bpf bytecode '1,6 0 0 0,' direct-action
}
accept veth0

# A machine that comes no further is killed, and its test fails; before this line it is tried again.
echo "the service starts"
packet-exporter --devices.include 'veth[0-3]|vlan1|bond[12]|wg0|kit0' --vlans.enabled true > /run/log 2>&1 &
service=$!
states() { cat /sys/class/net/bond[12]/operstate; there sh -c 'cat /sys/class/net/bond[12]/operstate'; }
is_up() { [ "$(states | grep -c up)" = 4 ]; }

wait_until is_up
wait_until is_ready
accept veth1
begin
wait_until is_folded
last=1
for count in 4 3 5 6 7 8 9 10; do
    there ping -q -i 0.1 -c $count 192.0.2.$last
    last=$((last + 16))
done
begin
wait_until is_folded

sed 's/^/log: /' /run/log
echo "foreign filters: $(for device in veth0 veth1; do tc filter show dev $device egress; done | grep -c "bytecode '1,6 0 0 0'")"
echo "links here: $(ip -s -j link)"
echo "links there: $(there /bin/ip -s -j link)"
echo "soft limit of files: $(ulimit -Sn)"
echo "limit of files: $(get /metrics | sed -n 's/^process_max_fds //p')"
# Without the right to raise what is locked by all processes of the user together.
/bin/setpriv --bounding-set -sys_resource packet-exporter doctor --devices.include veth0
echo "metrics begin"
get /metrics | grep -E '^packet_(receive|transmit)_((vlan_)?packets|bytes)_|^packet_exporter_(program|device|attach|fold)'
echo "metrics end"
echo "the end"
poweroff -f
