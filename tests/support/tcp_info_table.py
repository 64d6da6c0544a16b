"""struct tcp_info a second time, written from the notes on the kernel.

Name, offset, struct format, first kernel. It is not made from the code under
test, and the code is not made from it: a slip in one shows in the other.
"""

FIELDS = """
    retransmits 2 B 2.4
    probes 3 B 2.4
    backoff 4 B 2.4
    options 5 B 2.4
    rto_us 8 I 2.4
    ato_us 12 I 2.4
    snd_mss 16 I 2.4
    rcv_mss 20 I 2.4
    unacked 24 I 2.4
    sacked 28 I 2.4
    lost 32 I 2.4
    retrans 36 I 2.4
    fackets 40 I 2.4
    last_data_sent_ms 44 I 2.4
    last_ack_sent_ms 48 I 2.4
    last_data_recv_ms 52 I 2.4
    last_ack_recv_ms 56 I 2.4
    pmtu 60 I 2.4
    rcv_ssthresh 64 I 2.4
    rtt_us 68 I 2.4
    rttvar_us 72 I 2.4
    snd_ssthresh 76 I 2.4
    snd_cwnd 80 I 2.4
    advmss 84 I 2.4
    reordering 88 I 2.4
    rcv_rtt_us 92 I 2.6
    rcv_space 96 I 2.6
    total_retrans 100 I 2.6
    pacing_rate 104 Q 3.15
    max_pacing_rate 112 Q 3.15
    bytes_acked 120 Q 4.1
    bytes_received 128 Q 4.1
    segs_out 136 I 4.2
    segs_in 140 I 4.2
    notsent_bytes 144 I 4.6
    min_rtt_us 148 I 4.6
    data_segs_in 152 I 4.6
    data_segs_out 156 I 4.6
    delivery_rate 160 Q 4.9
    busy_time_us 168 Q 4.10
    rwnd_limited_us 176 Q 4.10
    sndbuf_limited_us 184 Q 4.10
    delivered 192 I 4.18
    delivered_ce 196 I 4.18
    bytes_sent 200 Q 4.19
    bytes_retrans 208 Q 4.19
    dsack_dups 216 I 4.19
    reord_seen 220 I 4.19
    rcv_ooopack 224 I 5.4
    snd_wnd 228 I 5.4
    rcv_wnd 232 I 6.2
    rehash 236 I 6.2
    total_rto 240 H 6.7
    total_rto_recoveries 242 H 6.7
    total_rto_time_ms 244 I 6.7
    received_ce 248 I 6.18
    delivered_e1_bytes 252 I 6.18
    delivered_e0_bytes 256 I 6.18
    delivered_ce_bytes 260 I 6.18
    received_e1_bytes 264 I 6.18
    received_e0_bytes 268 I 6.18
    received_ce_bytes 272 I 6.18
"""

TABLE = [
    (name, int(offset), code, since)
    for name, offset, code, since in map(str.split, FIELDS.split("\n")[1:-1])
]

WIDTHS = {"B": 1, "H": 2, "I": 4, "Q": 8}

# The kernel's values for "not set".
NOT_SET = {
    "ato_us": 0,
    "last_ack_sent_ms": 0,
    "rtt_us": 0,
    "rcv_rtt_us": 0,
    "snd_ssthresh": 0x7FFFFFFF,
    "min_rtt_us": 0xFFFFFFFF,
    "pacing_rate": 2**64 - 1,
    "max_pacing_rate": 2**64 - 1,
}

# Length of the answer by kernel, and the last field that it has.
LENGTHS = {
    104: "total_retrans",
    120: "max_pacing_rate",
    136: "bytes_received",
    144: "segs_in",
    160: "data_segs_out",
    168: "delivery_rate",
    192: "sndbuf_limited_us",
    200: "delivered_ce",
    224: "reord_seen",
    232: "snd_wnd",
    240: "rehash",
    248: "total_rto_time_ms",
    280: "received_ce_bytes",
}
