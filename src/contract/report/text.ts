/** A text of at most so many characters; that there was more, dots say. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}...`;
}

/** A text of at most so many characters, which says how many more there were. */
export function cutText(text: string, most: number): string {
  const cut = shortened(text, most);
  return cut === text ? text : `${cut} (${text.length - most} more characters)`;
}
