import type { SlackConfig } from '../config/receiver-config.ts';
import { formatLabels } from '../model/labels.ts';
import { type Message, subjectOf } from './message.ts';
import { deliveryIdHeader, postJson } from './post-json.ts';

const alertsShownMax = 20;

/** Slack's incoming webhook, which Mattermost, Rocket.Chat and others take too. */
export async function sendSlack(config: SlackConfig, message: Message, id: string, signal: AbortSignal): Promise<void> {
  await postJson(config, slackBody(config, message), { [deliveryIdHeader]: id }, signal);
}

export function slackBody(config: SlackConfig, message: Message) {
  const shown = message.alerts.slice(0, alertsShownMax);
  const hidden = message.alerts.length - shown.length + message.truncatedAlerts;
  const lines = shown.map(({ annotations, labels, status }) => {
    const text = annotations['summary'] ?? annotations['description'] ?? formatLabels(labels);
    return `${status === 'firing' ? '•' : '✓'} ${escaped(text)}`;
  });
  if (hidden > 0) lines.push(`and ${hidden} more`);
  return {
    ...(config.channel !== '' && { channel: config.channel }),
    username: config.username,
    ...(config.iconEmoji !== '' && { icon_emoji: config.iconEmoji }),
    attachments: [
      {
        title: escaped(subjectOf(message)),
        ...(message.externalURL !== '' && { title_link: message.externalURL }),
        text: lines.join('\n'),
        fallback: subjectOf(message),
        color: message.status === 'firing' ? 'danger' : 'good',
        mrkdwn_in: [],
      },
    ],
  };
}

/** What Slack takes for its own: links, mentions (`<!channel>`) and entities. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
