#!/bin/sh
# How an operator's loop moves one guest: a disk of its size at the target, by ssh, then virsh.
# usage: SOURCE=uri SSH=program SIZE=256M virsh-move.sh GUEST TARGET-NAME TARGET-ADDRESS
set -eu
"$SSH" "root@$3" qemu-img create -q -f qcow2 "/var/lib/libvirt/images/$1-vda.qcow2" "$SIZE"
exec virsh -q -c "$SOURCE" migrate --live --p2p --copy-storage-all --persistent --undefinesource "$1" "qemu+tcp://$2/system"
