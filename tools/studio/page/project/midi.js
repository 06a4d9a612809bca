// Parsing MIDI messages: which knob, key or wheel, and its position between 0 and 1. Pure functions.

// "cc 1 74": controller 74 of channel 1; "note 1 60"; "bend 1".
export function nameOf(control) {
    const [kind, channel, number] = control.split(' ');
    return {cc: `Controller ${number}`, note: `Note ${number}`, bend: 'Pitch bend'}[kind] +
           (channel === '1' ? '' : `, channel ${channel}`);
}

// {control, share} of a message, or null for other messages.
export function readMessage([status, first, second = 0]) {
    const channel = (status & 15) + 1;
    switch (status >> 4) {
    case 0x8:
        return {control: `note ${channel} ${first}`, share: 0};
    case 0x9:
        return {control: `note ${channel} ${first}`, share: second / 127};
    case 0xb:
        return first < 120 ? {control: `cc ${channel} ${first}`, share: second / 127} : null;
    case 0xe:
        return {control: `bend ${channel}`, share: (second * 128 + first) / 16383};
    default:
        return null;
    }
}
